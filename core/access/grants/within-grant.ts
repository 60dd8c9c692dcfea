/** What the holder of an upload grant may ask for. Every function loads this with each request. */
import { ServiceError, shorten } from '../../errors.ts';
import type { Ext, PackageId } from '../../names.ts';
import type { UploadGrant } from '../../records.ts';
import type { Principal } from '../access.ts';

/**
 * @param packageId of the request; undefined where it announces a package (`withinGrant`)
 * @throws FORBIDDEN
 */
export function requireGranted(grant: UploadGrant, packageId: string | undefined): void {
  if (packageId === undefined || packageId === grant.packageId) return;
  throw refusal('package', grant.packageId, packageId);
}

/** What a publisher announces, as far as a grant may limit it. */
export interface Announced {
  readonly packageId?: PackageId | undefined;
  readonly filename?: string | undefined;
  readonly ext?: Ext | undefined;
  readonly size: number;
}

/**
 * What the holder of a grant announces, with what the grant says and the holder need not repeat.
 * Other tokens announce what they like.
 * @throws FORBIDDEN
 */
export function withinGrant<Wanted extends Announced>(
  { upload }: Pick<Principal, 'upload'>,
  wanted: Wanted,
): Wanted {
  if (upload === undefined) return wanted;
  const { versionId: _, ...terms } = upload;
  for (const term of ['packageId', 'filename', 'ext', 'size'] as const) {
    const [granted, got] = [terms[term], wanted[term]];
    if (granted !== undefined && got !== undefined && granted !== got)
      throw refusal(term, granted, got);
  }
  return { ...wanted, ...terms };
}

function refusal(term: string, granted: string | number, got: string | number): ServiceError {
  const [allowed, sent] = [granted, got].map((value) => shorten(String(value)));
  return new ServiceError(
    'FORBIDDEN',
    `this token only allows the upload of ${term} ${allowed}, got ${sent}`,
  );
}
