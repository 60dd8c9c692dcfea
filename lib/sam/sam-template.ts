/**
 * The template and the variables for `sam local start-api`: the routes of api/routes.ts and the
 * gateway, in one function.
 */
import { ROUTES, type Route } from '../../api/routes.ts';
import { ENV } from '../../open/settings/env.ts';

/** Folder of the bundle beside the template, and the name of the function in both files. */
export const SAM_FUNCTION = {
  name: 'Service',
  folder: 'service',
  file: 'index.mjs',
  handler: 'index.handler',
} as const;

/** Where `sam local start-api` listens. */
const SAM_URL = 'http://127.0.0.1:3000';

export interface SamSecrets {
  readonly adminToken: string;
  readonly urlSigningKey: string;
}

/** The environment of the function. It stores files in its container, and they vanish with it. */
function samVariables({ adminToken, urlSigningKey }: SamSecrets): Readonly<Record<string, string>> {
  return {
    [ENV.storageType]: 'local',
    [ENV.storageLocalPath]: '/tmp/stowage',
    [ENV.publicUrl]: SAM_URL,
    [ENV.adminToken]: adminToken,
    [ENV.urlSigningKey]: urlSigningKey,
  };
}

/** The file of variables. */
export function samEnvironment(secrets: SamSecrets): object {
  return { [SAM_FUNCTION.name]: samVariables(secrets) };
}

/**
 * The template. It lists the names of the variables without values: SAM sets only variables that a
 * template names, and secrets do not belong in a template.
 */
export function samTemplate(routes: readonly Route[] = Object.values<Route>(ROUTES)): object {
  const names = Object.keys(samVariables({ adminToken: '', urlSigningKey: '' }));
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Transform: 'AWS::Serverless-2016-10-31',
    Description: 'Stowage for sam local start-api; what is deployed is made by cdk deploy',
    Resources: {
      [SAM_FUNCTION.name]: {
        Type: 'AWS::Serverless::Function',
        Properties: {
          CodeUri: `./${SAM_FUNCTION.folder}`,
          Handler: SAM_FUNCTION.handler,
          Runtime: 'nodejs24.x',
          MemorySize: 1024,
          Timeout: 60,
          Environment: { Variables: Object.fromEntries(names.map((name) => [name, ''])) },
        },
      },
      Api: {
        Type: 'AWS::Serverless::HttpApi',
        Properties: { DefinitionBody: definition(routes) },
      },
    },
  };
}

/**
 * As OpenAPI: SAM's short form can not declare binary media types, and without them `sam local`
 * accepts no bytes.
 */
function definition(routes: readonly Route[]): object {
  const integration = {
    'x-amazon-apigateway-integration': {
      type: 'aws_proxy',
      httpMethod: 'POST',
      payloadFormatVersion: '2.0',
      uri: {
        'Fn::Sub': `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${SAM_FUNCTION.name}.Arn}/invocations`,
      },
    },
  };
  const paths: Record<string, Record<string, object>> = {
    '/$default': { 'x-amazon-apigateway-any-method': integration },
    '/blobs/{proxy+}': { 'x-amazon-apigateway-any-method': integration },
  };
  for (const { path, methods } of routes) {
    paths[path] = {
      ...paths[path],
      ...Object.fromEntries(methods.map((method) => [method.toLowerCase(), integration])),
    };
  }
  return {
    openapi: '3.0.1',
    info: { title: 'Stowage', version: '1' },
    'x-amazon-apigateway-binary-media-types': ['*/*'],
    paths,
  };
}
