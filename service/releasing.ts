/** The operations of who decides what is released: checks, seals, channels, where they point, and what they roll out. */
import {
  presentChannel,
  presentChannelRecord,
  presentCheckRun,
  presentMovedChannel,
  presentVersion,
} from '../api/present.ts';
import { coversVersion, type Principal, requireScope } from '../core/access/access.ts';
import { addAuditDetail } from '../core/audit/actor.ts';
import type { CheckRun } from '../core/checked.ts';
import type { VersionId } from '../core/names.ts';
import {
  type Gate,
  getChannel,
  historyOf,
  listChannels,
  putChannel,
} from '../core/reading/channels.ts';
import { getVersion, seesDrafts } from '../core/reading/listing.ts';
import { completeRollout, endRollout, putRollout } from '../core/rollouts/manage.ts';
import { keepStatement } from '../core/sealing/keep-statement.ts';
import { sealVersion } from '../core/sealing/seal-version.ts';
import { answerPage, json, noContent } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { ReleaseServices } from './host/services.ts';

export const releasing = {
  /** POST /v1/versions/{versionId}/seal: from then on the version takes no file. */
  sealVersion: operation('sealVersion', async (request, services: ReleaseServices) => {
    const { caller, path, body } = request;
    const record = await sealVersion(services, caller, path.versionId, body);
    request.audit('sealVersion', path);
    const { catalog, statements, releaseSigner } = services;
    if (statements !== undefined && releaseSigner !== undefined)
      await keepStatement({ catalog, statements, releaseSigner }, record);
    return json(200, { version: presentVersion(record) });
  }),

  /** GET /v1/channels/{channel}: a channel with its history. */
  getChannelRecord: operation('getChannelRecord', async (request, services: ReleaseServices) => {
    const record = await getChannel(services.catalog, request.caller, request.path.channel);
    return json(200, presentChannelRecord(record, historyOf(record), seenBy(request.caller)));
  }),

  /** GET /v1/channels: the channels that point at versions the caller may see. */
  listChannels: operation('listChannels', async ({ caller, query }, services: ReleaseServices) =>
    answerPage(
      services,
      `channels ${caller.versions ?? '*'}`,
      query,
      (page) => listChannels(services, caller, page),
      (record) => presentChannel(record, seenBy(caller)),
    ),
  ),

  /** PUT /v1/channels/{channel}: points a channel at a version, where the checks that it asks for pass. */
  putChannel: operation('putChannel', async (request, services: ReleaseServices) => {
    const { caller, path, body } = request;
    const { versionId, expectedVersionId, public: isPublic, skipChecks } = body;
    if (skipChecks) allowSkipping(caller);
    const { readPolicy } = await import('../core/checks/runs/policy.ts');
    const { requireChecked } = await import('../core/checks/runs/gate.ts');
    const policy = body.policy && readPolicy(body.policy);
    const wish = { versionId, expectedVersionId, isPublic, policy };
    let run: CheckRun | undefined;
    const record = await putChannel(services, caller, path.channel, wish, async (current, next) => {
      if (!skipChecks) run = await requireChecked(services, current, next);
    });
    request.audit('putChannel', {
      ...{ channel: record.channel, versionId },
      ...(skipChecks && { skippedChecks: true }),
      ...(policy !== undefined && { policy }),
    });
    return json(200, presentMovedChannel(record, seenBy(caller), run?.checks));
  }),

  /** PUT /v1/channels/{channel}/rollout: gives a version to a share of the clients of a channel. */
  putRollout: operation('putRollout', async (request, services: ReleaseServices) => {
    const { caller, path, body } = request;
    const { skipChecks, ...wish } = body;
    if (skipChecks) allowSkipping(caller);
    const gate = skipChecks ? undefined : await gateOf(services);
    const record = await putRollout(services, caller, path.channel, wish, gate);
    const { versionId, percent } = body;
    const state = record.rollout?.paused === true ? `${percent} %, paused` : `${percent} %`;
    request.audit('putRollout', {
      ...{ channel: record.channel, versionId, state },
      ...(skipChecks && { skippedChecks: true }),
    });
    return json(200, presentChannel(record, seenBy(caller)));
  }),

  /** POST /v1/channels/{channel}/rollout/complete: points the channel at the version of its rollout. */
  completeRollout: operation('completeRollout', async (request, services: ReleaseServices) => {
    const { caller, path } = request;
    const record = await completeRollout(services, caller, path.channel);
    const { channel, versionId } = record;
    request.audit('completeRollout', { channel, versionId });
    return json(200, presentChannel(record, seenBy(caller)));
  }),

  /** DELETE /v1/channels/{channel}/rollout: all clients get the channel's version again. */
  deleteRollout: operation('deleteRollout', async (request, services: ReleaseServices) => {
    await endRollout(services, request.caller, request.path.channel);
    request.audit('deleteRollout', request.path);
    return noContent();
  }),

  /** POST /v1/versions/{versionId}/checks: what checks find, or where they will say it. */
  checkVersion: operation('checkVersion', async (request, services: ReleaseServices) => {
    const { caller, path, body } = request;
    const { versionId } = path;
    const { catalog } = services;
    await getVersion(catalog, versionId, seesDrafts(caller));
    const current = body.channel && (await getChannel(catalog, caller, body.channel));
    const { check } = await import('../core/checks/runs/check-runs.ts');
    const wish = { versionId, channel: body.channel, policy: current?.policy ?? {} };
    const run = await check(services, wish, current);
    return json(run.state === 'running' ? 202 : 200, presentCheckRun(run));
  }),

  /** GET /v1/versions/{versionId}/checks/{checkId}: what they found, or that they still run. */
  getCheck: operation('getCheck', async ({ path }, { catalog }: ReleaseServices) => {
    const { getCheck } = await import('../core/checks/runs/check-runs.ts');
    return json(200, presentCheckRun(await getCheck({ catalog }, path.versionId, path.checkId)));
  }),
};

/** The event of the audit says that nothing was checked. @throws FORBIDDEN */
function allowSkipping(caller: Principal): void {
  requireScope(caller, 'admin');
  addAuditDetail({ skippedChecks: true });
}

async function gateOf(services: ReleaseServices): Promise<Gate> {
  const { requireChecked } = await import('../core/checks/runs/gate.ts');
  return async (current, next) => void (await requireChecked(services, current, next));
}

function seenBy(caller: Principal): (versionId: VersionId) => boolean {
  return (versionId) => coversVersion(caller, versionId);
}
