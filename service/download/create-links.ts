/** POST /v1/versions/{versionId}/links - links to many packages, each signed for itself. */
import type { LinksAnswer } from '../../api/schemas/answers.ts';
import { type LinkOutcome, signLinks } from '../../core/reading/links.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { DownloadServices } from '../host/services.ts';
import { linkDeps } from './link-signer.ts';
import { presentLink } from './present-link.ts';

export const createLinks = operation('createLinks', async (request, services: DownloadServices) => {
  const outcomes = await signLinks(linkDeps(services), request.path.versionId, request.body.packageIds);
  return json(200, { items: outcomes.map(presentOutcome) });
});

function presentOutcome(outcome: LinkOutcome): LinksAnswer['items'][number] {
  if ('code' in outcome) return outcome;
  const link = presentLink(outcome);
  return { packageId: outcome.packageId, ...link };
}
