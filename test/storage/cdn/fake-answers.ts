/** What the faked AWS sends: JSON as Secrets Manager has it, XML as CloudFront has it. */
import type { ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  /** From 400 on: the code of the error. */
  readonly body: string;
  readonly etag?: string;
  readonly isJson?: boolean;
}

export interface FakeGroup {
  readonly name: string;
  keyIds: readonly string[];
  etag: number;
}

export interface Page {
  readonly items: string;
  readonly next: number | undefined;
}

export function failed(status: number, code: string): Answer {
  return { status, body: code };
}

export function send(response: ServerResponse, { status, body, etag, isJson }: Answer): void {
  if (response.destroyed) return;
  const type = isJson === true ? 'application/x-amz-json-1.1' : 'text/xml';
  const error =
    isJson === true
      ? JSON.stringify({ __type: body, message: 'no' })
      : `<ErrorResponse><Error><Type>Sender</Type><Code>${body}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
  response.writeHead(status, { 'content-type': type, ...(etag === undefined ? {} : { etag }) });
  response.end(status >= 400 ? error : body);
}

export function listed(name: string, { items, next }: Page): Answer {
  const marker = next === undefined ? '' : `<NextMarker>${next}</NextMarker>`;
  const body = `<${name}>${marker}<MaxItems>2</MaxItems><Quantity>2</Quantity><Items>${items}</Items></${name}>`;
  return { status: 200, body };
}

export function groupXml(id: string, { name, keyIds }: FakeGroup): string {
  const items = keyIds.map((keyId) => `<PublicKey>${keyId}</PublicKey>`).join('');
  return `<KeyGroup><Id>${id}</Id><KeyGroupConfig><Name>${name}</Name><Items>${items}</Items></KeyGroupConfig></KeyGroup>`;
}

export function textOf(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
  return text.replace(/&#(?:x0?A|10);/gi, '\n');
}

/** Of every element of that name. */
export function textsOf(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(
    ([, text = '']) => text,
  );
}
