/** The contact of a stage reaches the function that answers for security.txt, and no other. */
import { expect, test } from '@jest/globals';
import { ENV } from '../../open/settings/env.ts';
import { functionsOf } from './support/functions.ts';
import { templateOf } from './support/templates.ts';

test('only the reader of the catalog gets the contact of a stage', () => {
  const template = templateOf({ securityContact: 'mailto:security@example.com' });
  const given = [...functionsOf(template)]
    .filter(([, { Environment }]) => ENV.securityContact in Environment.Variables)
    .map(([who, { Environment }]) => [who, Environment.Variables[ENV.securityContact]]);

  expect(given).toEqual([['CatalogReader', 'mailto:security@example.com']]);
});

test('API Gateway has its route', () => {
  const routes = Object.values(templateOf({}).findResources('AWS::ApiGatewayV2::Route'));
  const keys = routes.map(({ Properties }) => Properties.RouteKey);

  expect(keys).toEqual(
    expect.arrayContaining(['GET /.well-known/security.txt', 'HEAD /.well-known/security.txt']),
  );
});
