/** How a download is answered: a redirect to a signed link, the link as JSON, what the bytes are like, or the bytes themselves. The hot path. */

import { dispositionOf } from '../../core/proof/terms.ts';
import { signLink } from '../../core/reading/links.ts';
import type { BlobVersion, PackageRecord } from '../../core/records.ts';
import { isKnown } from '../answers/conditional.ts';
import { json } from '../answers/json.ts';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { DownloadServices } from '../host/services.ts';
import { asksForJson } from './asks-for-json.ts';
import { linkDeps } from './link-signer.ts';
import { presentLink } from './present-link.ts';

/** Sits on every answer that depends on Accept. */
const VARY = { vary: 'Accept' } as const;

interface DownloadRequest {
  readonly method: string;
  readonly headers: Headers;
}

export async function answerDownload(
  { method, headers }: DownloadRequest,
  services: DownloadServices,
  record: PackageRecord,
): Promise<HandlerResult> {
  const version = publishedBytes(record);
  if (method === 'HEAD') return answerHead(headers, record, version);
  if (asksForJson(headers['accept'])) {
    const request = await signLink(linkDeps(services), record);
    return json(200, presentLink({ record, request }), VARY);
  }
  return services.presignedUrls ? redirect(services, record, version) : answerBytes(record, version);
}

async function redirect(
  services: DownloadServices,
  record: PackageRecord,
  version: BlobVersion,
): Promise<HandlerResult> {
  const { url } = await signLink(services, record);
  return {
    statusCode: 302,
    headers: {
      location: url,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      vary: 'Accept',
      etag: version.etag,
      'x-checksum-sha256': record.sha256,
    },
  };
}

/** Tells about the bytes, never redirects: many clients would follow with another HEAD, for which the link is not signed. */
function answerHead(headers: Headers, record: PackageRecord, version: BlobVersion): HandlerResult {
  const about = headersOfBytes(record, version);
  if (isKnown(headers['if-none-match'], version.etag)) return { statusCode: 304, headers: about };
  return { statusCode: 200, headers: { ...about, 'content-length': String(record.size) } };
}

/** The host sends them, with ranges and conditions honoured. */
function answerBytes(record: PackageRecord, version: BlobVersion): HandlerResult {
  const headers = headersOfBytes(record, version);
  return { statusCode: 200, headers, blob: { key: record.key, store: record.store, version, size: record.size } };
}

function headersOfBytes(record: PackageRecord, version: BlobVersion): Record<string, string> {
  return {
    'content-type': record.contentType,
    'content-disposition': dispositionOf(record),
    'accept-ranges': 'bytes',
    // Kept by who asked, and asked about each time: a package may be yanked.
    'cache-control': 'private, no-cache',
    vary: 'Accept',
    etag: version.etag,
    'x-checksum-sha256': record.sha256,
    // RFC 9530
    'repr-digest': `sha-256=:${Buffer.from(record.sha256, 'hex').toString('base64')}:`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
  };
}

function publishedBytes(record: PackageRecord): BlobVersion {
  if (record.blob !== undefined) return record.blob;
  throw new Error(`${record.key} is available, but its record names no bytes`);
}
