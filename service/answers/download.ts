/** Answers of a stable link: a redirect, the headers of the bytes, or the bytes themselves. */
import { dispositionOf } from '../../core/proof/terms.ts';
import type { BlobVersion, PackageRecord } from '../../core/records.ts';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';
import { isKnown } from './conditional.ts';

/** @param url a signed one, so that no cache may keep the answer */
export function redirectTo(url: string, record: PackageRecord): HandlerResult {
  return {
    statusCode: 302,
    headers: {
      location: url,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      vary: 'Accept',
      etag: publishedBytes(record).etag,
      'x-checksum-sha256': record.sha256,
    },
  };
}

/** Never a redirect: many clients would follow it with another HEAD, for which no link is signed. */
export function answerHead(headers: Headers, record: PackageRecord): HandlerResult {
  const version = publishedBytes(record);
  const about = headersOfBytes(record, version);
  if (isKnown(headers['if-none-match'], version.etag)) return { statusCode: 304, headers: about };
  return { statusCode: 200, headers: { ...about, 'content-length': String(record.size) } };
}

/** The host sends the bytes and honours ranges and conditions. */
export function answerBytes(record: PackageRecord): HandlerResult {
  const version = publishedBytes(record);
  const { key, store, size } = record;
  const headers = headersOfBytes(record, version);
  return { statusCode: 200, headers, blob: { key, store, version, size } };
}

function headersOfBytes(record: PackageRecord, version: BlobVersion): Record<string, string> {
  return {
    'content-type': record.contentType,
    'content-disposition': dispositionOf(record),
    'accept-ranges': 'bytes',
    // A cache may keep it for this caller, but must ask each time: a package may be yanked.
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
