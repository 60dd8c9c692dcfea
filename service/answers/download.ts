/** What a stable link answers: a redirect, the headers of the bytes, or the bytes themselves. */
import { dispositionOf } from '../../core/proof/proof.ts';
import { type BlobVersion, digestOf, type PackageRecord } from '../../core/records.ts';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';
import { isKnown } from './conditional.ts';

/** @param url a signed URL, which is why no cache may keep the answer */
export function redirectTo(url: string, record: PackageRecord): HandlerResult {
  return {
    statusCode: 302,
    headers: {
      location: url,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      vary: 'Accept',
      etag: publishedBytes(record).etag,
      'x-checksum-sha256': digestOf(record),
    },
  };
}

/**
 * The answer to a HEAD. It does not redirect: many clients would follow with another HEAD, and a
 * signed link allows GET only.
 */
export function answerHead(headers: Headers, record: PackageRecord): HandlerResult {
  const version = publishedBytes(record);
  const about = headersOfBytes(record, version);
  if (isKnown(headers['if-none-match'], version.etag)) return { statusCode: 304, headers: about };
  return { statusCode: 200, headers: { ...about, 'content-length': String(record.size) } };
}

/** Lets the host send the bytes, with ranges and conditional requests. */
export function answerBytes(record: PackageRecord): HandlerResult {
  const version = publishedBytes(record);
  const { key, store, size } = record;
  const headers = headersOfBytes(record, version);
  return { statusCode: 200, headers, blob: { key, store, version, size } };
}

function headersOfBytes(record: PackageRecord, version: BlobVersion): Record<string, string> {
  const sha256 = digestOf(record);
  return {
    'content-type': record.contentType,
    'content-disposition': dispositionOf(record),
    'accept-ranges': 'bytes',
    // The caller's cache may keep the bytes, but must ask each time: the package may be yanked.
    'cache-control': 'private, no-cache',
    vary: 'Accept',
    etag: version.etag,
    'x-checksum-sha256': sha256,
    // RFC 9530
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
  };
}

function publishedBytes(record: PackageRecord): BlobVersion {
  if (record.blob !== undefined) return record.blob;
  throw new Error(`${record.key} is available, but its record names no bytes`);
}

const JSON_TYPE = 'application/json';
const QUALITY = /^q=([01](?:\.\d{0,3})?)$/;

/**
 * Whether `Accept` names application/json with a quality above 0 (RFC 9110 section 12.5.1). A
 * wildcard does not count.
 */
export function asksForJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '*/*') return false;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.toLowerCase().split(';');
    return (
      type.trim() === JSON_TYPE && parameters.every((parameter) => !isRefusal(parameter.trim()))
    );
  });
}

/** `q=0`, or a quality that RFC 9110 does not allow. */
function isRefusal(parameter: string): boolean {
  return parameter.startsWith('q=') && !(Number(QUALITY.exec(parameter)?.[1]) > 0);
}
