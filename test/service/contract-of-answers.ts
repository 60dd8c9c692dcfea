/** Checks an answer against the contract: its status is listed, its body fits the zod schema and openapi.json. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CONTRACT, type OperationContract } from '../../api/contract.ts';
import { type OperationId, ROUTES } from '../../api/routes.ts';
import { problem } from '../../api/schemas/answers.ts';
import { REQUEST_ID } from './events.ts';
import type { Answer } from './house.ts';

const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).addSchema(
  document,
  'openapi.json',
);

/** @throws where the answer is none that the contract lists, whatever the request was */
export function requireContract(operation: OperationId, method: string, answer: Answer): void {
  const { status, headers } = answer;
  const contentType = headers['content-type']?.split(';')[0] ?? '';
  for (const [name, value] of Object.entries(headers)) {
    if (name !== name.toLowerCase() || typeof value !== 'string' || /[\r\n\0]/.test(value))
      fail(operation, answer, name);
  }
  const listed = document.paths[ROUTES[operation].path][method.toLowerCase()].responses;
  if (listed[status] === undefined)
    fail(operation, answer, `status ${status} is not in openapi.json`);
  if (method === 'HEAD') {
    if (answer.text !== '') fail(operation, answer, 'a HEAD has no body');
    return;
  }
  const contract: OperationContract = CONTRACT[operation];
  const ok = contract.answers[200];
  const mayBePage = ok !== undefined && 'page' in ok && (status === 200 || status >= 400);
  if (mayBePage && contentType === ok.page.contentType) return;
  if (status >= 400) {
    requireProblem(operation, answer, contentType);
    requireDocument(operation, listed[status], contentType, answer);
    return;
  }
  const form = contract.answers[status];
  if (form === undefined) fail(operation, answer, `status ${status} is not in the contract`);
  // Bytes are the host's to send.
  if (answer.raw.blob !== undefined && 'otherwise' in form) return;
  const schema = 'json' in form ? form.json : form;
  if ('safeParse' in schema) {
    if (contentType !== 'application/json') fail(operation, answer, `content type ${contentType}`);
    const parsed = schema.safeParse(answer.json);
    if (!parsed.success) fail(operation, answer, parsed.error.message);
    requireDocument(operation, listed[status], contentType, answer);
  } else if ('contentType' in schema && schema.contentType !== undefined) {
    if (contentType !== schema.contentType) fail(operation, answer, `content type ${contentType}`);
  } else if (answer.text !== '') fail(operation, answer, 'nothing was to be sent');
}

function requireProblem(operation: OperationId, answer: Answer, contentType: string): void {
  const parsed = problem.safeParse(answer.json);
  if (contentType !== 'application/problem+json' || !parsed.success)
    fail(operation, answer, 'no problem details');
  const { status, instance, detail } = answer.json;
  if (status !== answer.status || instance !== REQUEST_ID)
    fail(operation, answer, 'status or instance differ');
  if (detail.length > 3000) fail(operation, answer, `the detail has ${detail.length} characters`);
}

function requireDocument(
  operation: OperationId,
  listed: unknown,
  contentType: string,
  answer: Answer,
): void {
  const response = resolve(listed) as {
    readonly content?: Record<string, { readonly schema?: object }>;
  };
  const schema = response.content?.[contentType]?.schema;
  if (schema === undefined)
    fail(operation, answer, `openapi.json has no ${contentType} for status ${answer.status}`);
  const validate = ajv.compile(rebased(schema));
  if (!validate(answer.json)) fail(operation, answer, ajv.errorsText(validate.errors));
}

function resolve(node: unknown): unknown {
  const ref = (node as { readonly $ref?: string }).$ref;
  if (ref === undefined) return node;
  let target = document;
  for (const step of ref.slice(2).split('/')) target = target[step];
  return target;
}

const compiled = new Map<object, object>();

/** References are made absolute, once a schema, so that ajv compiles each once. */
function rebased(schema: object): object {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const made = JSON.parse(
    JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi.json#/'),
  ) as object;
  compiled.set(schema, made);
  return made;
}

function fail(operation: OperationId, answer: Answer, why: string): never {
  throw new Error(
    `${operation} broke the contract: ${why}\n${answer.status} ${answer.text.slice(0, 1000)}`,
  );
}
