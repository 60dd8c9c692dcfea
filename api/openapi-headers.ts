/** The response headers that callers use, for the OpenAPI document. */
import type { ZodOpenApiHeadersObject } from 'zod-openapi';
import type { OperationId } from './routes.ts';

const text = (description: string) => ({ description, schema: { type: 'string' } }) as const;

const ETAG = { ETag: text('the tag of this body, for If-None-Match') };
const CHECKSUM = {
  ETag: text('the ETag of the bytes, the same as the target of the link sends'),
  'X-Checksum-SHA256': text("the SHA-256 of the package's bytes, 64 lower-case hex digits"),
};
const REDIRECT: ZodOpenApiHeadersObject = {
  Location: text('a signed link to the bytes, which works until it expires'),
  'Cache-Control': text('no-store'),
  'Referrer-Policy': text('no-referrer'),
  ...CHECKSUM,
};
const BYTES: ZodOpenApiHeadersObject = {
  ...CHECKSUM,
  'Repr-Digest': text('the SHA-256 in the form of RFC 9530'),
  'Content-Disposition': text('attachment, with the filename (RFC 6266)'),
};

/** @returns undefined if the answer has no such headers */
export function answerHeaders(
  id: OperationId,
  status: number,
): ZodOpenApiHeadersObject | undefined {
  switch (id) {
    case 'createPackage':
      return status === 201
        ? { Location: text('the URL of the record of the package') }
        : undefined;
    case 'getSums':
    case 'getStatement':
    case 'getChannelStatement':
    case 'getIndex':
    case 'getReleaseFeed':
    case 'getChannel':
    case 'getChannelSums':
    case 'getTauriUpdate':
    case 'getSquirrelMacUpdate':
    case 'getSecurityContact':
    case 'getOpenApi':
      return ETAG;
    case 'downloadPackage':
    case 'downloadFromChannel':
      if (status === 302) return REDIRECT;
      if (status === 206)
        return { ...BYTES, 'Content-Range': text('bytes {first}-{last}/{length}') };
      return BYTES;
    default:
      return undefined;
  }
}
