/** Records as the API shows them, without internal fields (attempts, stores, hashes of secrets). */
import { TOKEN_ID } from '../core/names.ts';
import type { SignedRequest } from '../core/ports/blob-store.ts';
import type { ChannelRecord, PackageRecord, TokenRecord, VersionRecord } from '../core/records.ts';
import type {
  ChannelBody,
  PackageBody,
  RequestBody,
  TokenBody,
  VersionBody,
} from './schemas/answers.ts';

export function presentPackage(record: PackageRecord): PackageBody {
  return {
    versionId: record.versionId,
    packageId: record.packageId,
    ext: record.ext,
    key: record.key,
    state: record.state,
    size: record.size,
    sha256: record.sha256,
    filename: record.filename,
    contentType: record.contentType,
    metadata: { ...record.metadata },
    createdAt: record.createdAt,
    createdBy: record.createdBy,
    ...(record.publishedAt !== undefined && { publishedAt: record.publishedAt }),
    ...(record.yankedAt !== undefined && { yankedAt: record.yankedAt }),
    ...(record.yankedBy !== undefined && { yankedBy: record.yankedBy }),
    ...(record.yankReason !== undefined && { yankReason: record.yankReason }),
  };
}

export function presentVersion(record: VersionRecord): VersionBody {
  return { versionId: record.versionId, createdAt: record.createdAt };
}

export function presentChannel(record: ChannelRecord): ChannelBody {
  return { channel: record.channel, versionId: record.versionId, updatedAt: record.updatedAt };
}

export function presentToken(record: TokenRecord): TokenBody {
  return {
    tokenId: record.tokenId,
    name: record.name,
    scopes: [...record.scopes],
    ...(record.versions !== undefined && { versions: record.versions }),
    ...(record.expiresAt !== undefined && { expiresAt: record.expiresAt }),
    createdAt: record.createdAt,
    createdBy: record.createdBy,
    ...parentOf(record),
  };
}

/** A token that no token made (the one of the first start) has a maker without a tokenId. */
function parentOf({ makers, createdBy }: TokenRecord): Pick<TokenBody, 'parentId'> {
  const parentId = makers === undefined ? createdBy : makers.at(-1);
  return parentId !== undefined && TOKEN_ID.test(parentId) ? { parentId } : {};
}

export function presentRequest(request: SignedRequest): RequestBody {
  return {
    method: request.method,
    url: request.url,
    headers: { ...request.headers },
    expiresAt: request.expiresAt.toISOString(),
  };
}
