/** Reads the body of a request: JSON of a limited size, or a form. An empty body means `{}`. */
import { ServiceError, shorten } from '../../core/errors.ts';
import type { EventBody } from '../host/handler.ts';
import type { Middleware, OperationCall } from './call.ts';

export const MAX_BODY_BYTES = 256 * 1024;

/** @throws UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, INVALID_INPUT, in this order */
export const jsonBody: Middleware = bodyReader(false);

/** Also takes the form that OAuth sends its requests in. */
export const jsonOrFormBody: Middleware = bodyReader(true);

function bodyReader(takesForm: boolean): Middleware {
  return {
    before: ({ event: call }) => {
      if (call.method === 'GET' || call.method === 'HEAD') return;
      if (call.receiveBody !== undefined) return receiveAndRead(call, call.receiveBody, takesForm);
      call.body = readBody(call, call.event, takesForm);
    },
  };
}

async function receiveAndRead(
  call: OperationCall,
  receiveBody: () => Promise<EventBody>,
  takesForm: boolean,
): Promise<void> {
  call.body = readBody(call, await receiveBody(), takesForm);
}

function readBody(
  call: OperationCall,
  { body = '', isBase64Encoded }: EventBody,
  takesForm: boolean,
): unknown {
  const declaredBytes = Number(call.headers['content-length'] ?? 0);
  // A host may leave out a body that it found too large.
  if (body === '' && !(declaredBytes > 0)) return {};
  const isForm = takesForm && FORM_TYPE.test(call.headers['content-type'] ?? '');
  requireType(isForm, call.headers['content-type'], call.headers['content-encoding']);
  const bytes = isBase64Encoded ? Buffer.byteLength(body, 'base64') : Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES || declaredBytes > MAX_BODY_BYTES) {
    throw new ServiceError(
      'TOO_LARGE',
      `a JSON body may have ${MAX_BODY_BYTES} bytes, got ${Math.max(bytes, declaredBytes || 0)}`,
    );
  }
  const text = isBase64Encoded ? decodeUtf8(Buffer.from(body, 'base64')) : body;
  if (isForm) return Object.fromEntries(new URLSearchParams(text));
  return text === '' ? {} : parseJson(text);
}

/** RFC 8259 section 8.1: JSON is UTF-8, so no other charset is taken. */
const JSON_TYPE = /^application\/json *(?:; *(?:charset=(?:utf-8|"utf-8") *(?:; *)?)?)?$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded *(?:;|$)/i;
/** Longer than any sensible way to write the type. */
const TYPE_MAX = 100;

function requireType(
  isForm: boolean,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): void {
  const isJson =
    contentType !== undefined && contentType.length <= TYPE_MAX && JSON_TYPE.test(contentType);
  if (!isForm && !isJson) {
    const got = contentType === undefined ? 'none' : shorten(contentType);
    throw new ServiceError(
      'UNSUPPORTED_MEDIA_TYPE',
      `content-type must be application/json, got ${got}`,
    );
  }
  requirePlain(contentEncoding);
}

function requirePlain(contentEncoding: string | undefined): void {
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
    throw new ServiceError(
      'UNSUPPORTED_MEDIA_TYPE',
      `a body must be sent without content-encoding, got ${shorten(contentEncoding)}`,
    );
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ServiceError('INVALID_INPUT', 'the body is not UTF-8', { cause: error });
  }
}

/** `__proto__` can be written with escapes. Text without either needs no reviver. */
const MAY_NAME_PROTOTYPE = /__proto__|\\u/;

function parseJson(text: string): unknown {
  try {
    return MAY_NAME_PROTOTYPE.test(text) ? JSON.parse(text, refusePrototype) : JSON.parse(text);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError('INVALID_INPUT', `the body is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The validation ignores this name, so it is refused here like any unknown field. */
function refusePrototype(name: string, value: unknown): unknown {
  if (name === '__proto__')
    throw new ServiceError('INVALID_INPUT', 'the body has the unknown field __proto__');
  return value;
}
