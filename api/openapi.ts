/** Makes the OpenAPI 3.1 document from the route list and the contract. */
import type { ZodMiniType } from 'zod/mini';
import {
  type CreateDocumentOptions,
  createDocument,
  type ZodObjectInput,
  type ZodOpenApiContentObject,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { CONTRACT, type OperationContract, type ResponseContract } from './contract.ts';
import { answerHeaders } from './openapi-headers.ts';
import { problemResponse, problemStatuses } from './openapi-problems.ts';
import { type HttpMethod, type OperationId, ROUTES, type Route } from './routes.ts';
import { pageQuery } from './schemas/requests.ts';

const DESCRIPTION = `Stores the release files of a product and gives access to them by signed links.

To publish, create a package, send its bytes with the signed requests of the answer, and complete
the upload. To download, follow the stable link \`/packages/{versionId}/{packageId}.{ext}\`.

Errors are problem details (RFC 9457) with a stable \`code\`. An empty POST body means \`{}\`.
Unknown fields are refused. In URLs, write a \`+\` of a versionId as \`%2B\`.

The public lists are pages for browsers: with an \`Accept\` that prefers \`text/html\`, they and their errors
are HTML.`;

/** @param release the version of the service, from package.json */
export function openApiDocument(release: string): ReturnType<typeof createDocument> {
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Stowage',
      version: release,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative to the URL of this document, so that it also works behind a path prefix
    // (OpenAPI 3.1, Server Object).
    servers: [{ url: '.' }],
    tags: [
      { name: 'publish', description: 'Upload packages' },
      { name: 'download', description: 'Download packages and sign links' },
      {
        name: 'catalog',
        description: 'Read versions, packages, channels and checksums, and ask about the service',
      },
      { name: 'release', description: 'List channels, and point them at versions' },
      { name: 'exchange', description: 'Exchange the token of a CI job for one of this service' },
      { name: 'admin', description: 'Yank and delete packages, remove channels, manage tokens' },
    ],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token `stw_<tokenId>_<secret>`. Scope admin includes release, which includes publish, which includes read.',
        },
      },
    },
    paths: paths(),
  };
  return createDocument(document, OPTIONS);
}

/** Describes `limit` as a whole number, although a query is text to its schema. */
const OPTIONS: CreateDocumentOptions = {
  override: ({ jsonSchema, zodSchema }) => {
    if (zodSchema !== pageQuery.shape.limit) return;
    for (const name of Object.keys(jsonSchema))
      delete (jsonSchema as Record<string, unknown>)[name];
    Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: 1000, default: 100 });
  },
};

function paths(): Record<string, Record<string, ZodOpenApiOperationObject>> {
  const all: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [id, route] of Object.entries(ROUTES) as [OperationId, Route][]) {
    const methods: Record<string, ZodOpenApiOperationObject> = all[route.path] ?? {};
    for (const method of route.methods) methods[method.toLowerCase()] = describe(id, route, method);
    all[route.path] = methods;
  }
  return all;
}

function describe(id: OperationId, route: Route, method: HttpMethod): ZodOpenApiOperationObject {
  const contract: OperationContract = CONTRACT[id];
  return {
    operationId: method === 'HEAD' ? `${id}Head` : id,
    summary: route.summary,
    tags: [route.privilege],
    security: securityOf(route),
    requestParams: {
      path: contract.path as ZodObjectInput,
      query: contract.query as ZodObjectInput,
    },
    ...(contract.body !== undefined && { requestBody: bodyOf(contract.body) }),
    responses: responsesOf(id, contract, method),
  };
}

/** An empty body means `{}`, so the body is optional if the schema allows `{}`. */
function bodyOf(schema: ZodMiniType) {
  return { required: !schema.safeParse({}).success, content: { 'application/json': { schema } } };
}

/** Scopes are written where OpenAPI 3.1 lists the roles that a bearer token needs. */
function securityOf({ access }: Route): Record<string, string[]>[] {
  switch (access) {
    case 'none':
      return [];
    case 'public':
      return [{ bearer: ['read'] }, {}];
    default:
      return [{ bearer: [access] }];
  }
}

function responsesOf(
  id: OperationId,
  contract: OperationContract,
  method: HttpMethod,
): ZodOpenApiResponsesObject {
  const responses: ZodOpenApiResponsesObject = {};
  for (const [status, answer] of Object.entries(contract.answers)) {
    // The HEAD of a stable link does not redirect and takes no ranges.
    if (method === 'HEAD' && (status === '302' || status === '206')) continue;
    responses[status as '200'] = responseOf(id, Number(status), answer, method);
  }
  for (const status of problemStatuses(id, method))
    responses[`${status}` as '400'] = problemResponse(status);
  return responses;
}

function responseOf(id: OperationId, status: number, answer: ResponseContract, method: HttpMethod) {
  const headers = answerHeaders(id, status);
  const withHeaders = headers === undefined ? {} : { headers };
  if (method === 'HEAD')
    return {
      description: status === 304 ? 'not modified' : 'as for GET, without the body',
      ...withHeaders,
    };
  return { ...contentOf(answer, status), ...withHeaders };
}

interface Described {
  readonly description: string;
  readonly content?: ZodOpenApiContentObject;
}

function contentOf(answer: ResponseContract, status: number): Described {
  if ('safeParse' in answer) {
    const description = status === 201 ? 'created' : status === 202 ? 'accepted' : 'done';
    return { description, content: { 'application/json': { schema: answer } } };
  }
  if ('page' in answer) {
    const { content } = contentOf(answer.page, status);
    const json = { 'application/json': { schema: answer.json } };
    return {
      description: `${answer.page.description} if Accept prefers text/html, otherwise JSON`,
      content: { ...json, ...content },
    };
  }
  if ('json' in answer) {
    const { description, content } = contentOf(answer.otherwise, status);
    const json = { 'application/json': { schema: answer.json } };
    return {
      description: `JSON if Accept names it, otherwise ${description}`,
      content: { ...json, ...content },
    };
  }
  const { description, contentType } = answer;
  return { description, ...(contentType === undefined ? {} : { content: { [contentType]: {} } }) };
}
