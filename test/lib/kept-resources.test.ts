/** Resources that hold state or that clients know by address: an update must not replace them. */
import { expect, test } from '@jest/globals';
import { FULL } from './support/every-stage.ts';
import { templatesOf } from './support/templates.ts';

const MUST_NOT_BE_REPLACED = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::CloudFront::Distribution',
  'AWS::DynamoDB::GlobalTable',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'Custom::CdnKeys',
];

const { service, replica } = templatesOf(FULL);

function keptIn(template: typeof service | undefined): Readonly<Record<string, string>> {
  const resources: Readonly<Record<string, { readonly Type: string }>> =
    template?.toJSON()['Resources'] ?? {};
  const kept = Object.entries(resources).filter(([, { Type }]) =>
    MUST_NOT_BE_REPLACED.includes(Type),
  );
  return Object.fromEntries(kept.map(([id, { Type }]) => [id, Type]));
}

// CloudFormation replaces a resource whose logical id changes: what it held is then elsewhere.
test('have these logical ids, in the service and in its replica', () => {
  expect({ service: keptIn(service), replica: keptIn(replica) }).toEqual({
    service: {
      PackagesBucket3210E67E: 'AWS::S3::Bucket',
      CatalogTableBBEA0CBC: 'AWS::DynamoDB::GlobalTable',
      CursorKeySecretDE646DBA: 'AWS::SecretsManager::Secret',
      DownloadsKeysKeyringB68BF0FB: 'AWS::SecretsManager::Secret',
      DownloadsKeysKeyGroupC50AFED0: 'Custom::CdnKeys',
      DownloadsCdnDistributionEDAC53A5: 'AWS::CloudFront::Distribution',
      DownloadsCdnAccessLogsBucket085DCCA2: 'AWS::S3::Bucket',
      ApiDomain95042711: 'AWS::ApiGatewayV2::DomainName',
      ApiCD79AAA0: 'AWS::ApiGatewayV2::Api',
    },
    replica: {
      PackagesBucket3210E67E: 'AWS::S3::Bucket',
    },
  });
});

test('have no fixed names, except the bucket of the replica', () => {
  for (const [type, name] of [
    ['AWS::DynamoDB::GlobalTable', 'TableName'],
    ['AWS::S3::Bucket', 'BucketName'],
    ['AWS::SecretsManager::Secret', 'Name'],
  ] as const) {
    const resources = Object.values(service.findResources(type));

    expect(resources.length).toBeGreaterThan(0);
    expect(resources.filter(({ Properties }) => name in Properties)).toEqual([]);
  }
});
