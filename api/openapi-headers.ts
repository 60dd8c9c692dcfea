/** The headers of answers that callers act on, for the OpenAPI document. */
import type { ZodOpenApiHeadersObject } from 'zod-openapi';
import type { OperationId } from './routes.ts';

const text = (description: string) => ({ description, schema: { type: 'string' } }) as const;

const ETAG = { ETag: text('of what is sent; for If-None-Match') };
const CHECKSUM = {
  ETag: text('the one that the target of the link sends'),
  'X-Checksum-SHA256': text("SHA-256 of the package's bytes, 64 lower-case hex digits"),
};
const REDIRECT: ZodOpenApiHeadersObject = {
  Location: text('a signed link to the bytes; it works until it expires'),
  'Cache-Control': text('no-store'),
  'Referrer-Policy': text('no-referrer'),
  ...CHECKSUM,
};
const BYTES: ZodOpenApiHeadersObject = {
  ...CHECKSUM,
  'Repr-Digest': text('RFC 9530, sha-256'),
  'Content-Disposition': text('attachment, with the filename (RFC 6266)'),
};

/** @returns undefined where there is nothing to tell */
export function answerHeaders(
  id: OperationId,
  status: number,
): ZodOpenApiHeadersObject | undefined {
  switch (id) {
    case 'createPackage':
      return status === 201 ? { Location: text('the record of the package') } : undefined;
    case 'getSums':
    case 'getChannel':
    case 'getChannelSums':
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
