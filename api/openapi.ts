/** The OpenAPI 3.1 document, made of the route list and the contract: nothing about an operation is written twice. */
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
import { type Answer, CONTRACT, type OperationContract } from './contract.ts';
import { answerHeaders } from './openapi-headers.ts';
import { problemResponse, problemStatuses } from './openapi-problems.ts';
import { type HttpMethod, type OperationId, ROUTES, type Route } from './routes.ts';
import { pageQuery } from './schemas/requests.ts';

const DESCRIPTION = `Keeps a product's release files and hands them out by signed links.

A publisher creates a package, sends the bytes by the requests it is given, and completes it. A consumer follows the stable link
\`/packages/{versionId}/{packageId}.{ext}\`. Errors are problem details (RFC 9457) with a stable \`code\`. An empty POST body means \`{}\`;
unknown fields are refused; in every URL a \`+\` of a versionId is written \`%2B\`.`;

/** @param release the version of the service, as package.json has it */
export function openApiDocument(release: string): ReturnType<typeof createDocument> {
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Stowage',
      version: release,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative to where this document is served, so that it holds behind a prefix too (OpenAPI 3.1, Server Object).
    servers: [{ url: '.' }],
    tags: [
      { name: 'publish', description: 'Uploading packages' },
      { name: 'download', description: 'Following links' },
      { name: 'catalog', description: 'Reading records' },
      { name: 'admin', description: 'Yanking, deleting, channels, tokens' },
    ],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token `stw_<tokenId>_<secret>`. Scope admin includes publish includes read.',
        },
      },
    },
    paths: paths(),
  };
  return createDocument(document, OPTIONS);
}

/** Queries are text; what is allowed in `limit` is a whole number all the same. */
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
    ...(contract.body === undefined ? {} : { requestBody: bodyOf(contract.body) }),
    responses: responsesOf(id, contract, method),
  };
}

/** An empty body means `{}`: it may be left out where that is allowed. */
function bodyOf(schema: ZodMiniType) {
  return { required: !schema.safeParse({}).success, content: { 'application/json': { schema } } };
}

/** The roles of a bearer token are its scopes. */
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
    // A stable link's HEAD tells about the bytes, and never redirects.
    if (method === 'HEAD' && (status === '302' || status === '206')) continue;
    responses[status as '200'] = responseOf(id, Number(status), answer, method);
  }
  for (const status of problemStatuses(id, method))
    responses[`${status}` as '400'] = problemResponse(status);
  return responses;
}

function responseOf(id: OperationId, status: number, answer: Answer, method: HttpMethod) {
  const headers = answerHeaders(id, status);
  const withHeaders = headers === undefined ? {} : { headers };
  if (method === 'HEAD')
    return {
      description: status === 304 ? 'not modified' : 'as for GET, less the body',
      ...withHeaders,
    };
  return { ...contentOf(answer, status), ...withHeaders };
}

interface Described {
  readonly description: string;
  readonly content?: ZodOpenApiContentObject;
}

function contentOf(answer: Answer, status: number): Described {
  if ('safeParse' in answer) {
    const description = status === 201 ? 'created' : status === 202 ? 'accepted' : 'done';
    return { description, content: { 'application/json': { schema: answer } } };
  }
  if ('json' in answer) {
    const { description, content } = contentOf(answer.otherwise, status);
    const json = { 'application/json': { schema: answer.json } };
    return {
      description: `JSON where Accept names it; otherwise ${description}`,
      content: { ...json, ...content },
    };
  }
  const { description, contentType } = answer;
  return { description, ...(contentType === undefined ? {} : { content: { [contentType]: {} } }) };
}
