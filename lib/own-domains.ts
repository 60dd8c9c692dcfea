/** Hosts of the user's own: their certificates and, in a hosted zone, the records that lead to them. */
import {
  Certificate,
  CertificateValidation,
  type ICertificate,
} from 'aws-cdk-lib/aws-certificatemanager';
import { AaaaRecord, ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties, CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { Construct } from 'constructs';
import type { PackageApi } from './api/package-api.ts';
import type { SignedDownloads } from './cdn/signed-downloads.ts';
import type { OwnDomain, StowageProps } from './stowage-props.ts';

interface CertifiedDomain {
  readonly name: string;
  readonly certificate: ICertificate;
}

/** The host of the API. */
export function apiDomain(
  scope: Construct,
  domain: OwnDomain | undefined,
): CertifiedDomain | undefined {
  return certified(scope, 'ApiCertificate', domain);
}

/** The host of downloads; a certificate is made only in a stack in us-east-1. */
export function cdnDomain(
  scope: Construct,
  domain: OwnDomain | undefined,
): CertifiedDomain | undefined {
  return certified(scope, 'CdnCertificate', domain);
}

function certified(
  scope: Construct,
  id: string,
  domain: OwnDomain | undefined,
): CertifiedDomain | undefined {
  if (domain === undefined) return undefined;
  const { name, certificate, hostedZone } = domain;
  const made = () =>
    new Certificate(scope, id, {
      domainName: name,
      validation: CertificateValidation.fromDns(hostedZone),
    });
  return { name, certificate: certificate ?? made() };
}

/** The records of the hosts that have a zone. */
export function addRecords(
  scope: Construct,
  { apiDomain, cdnDomain }: StowageProps,
  { api, downloads }: { readonly api: PackageApi; readonly downloads: SignedDownloads | undefined },
): void {
  const { domainTarget, domainZoneId } = api;
  if (
    apiDomain?.hostedZone !== undefined &&
    domainTarget !== undefined &&
    domainZoneId !== undefined
  ) {
    new ARecord(scope, 'ApiRecord', {
      zone: apiDomain.hostedZone,
      // The dot at its end keeps CDK from taking it for a name within the zone.
      recordName: `${apiDomain.name}.`,
      target: RecordTarget.fromAlias(new ApiGatewayv2DomainProperties(domainTarget, domainZoneId)),
    });
  }
  if (cdnDomain?.hostedZone !== undefined && downloads !== undefined) {
    const record = {
      zone: cdnDomain.hostedZone,
      recordName: `${cdnDomain.name}.`,
      target: RecordTarget.fromAlias(new CloudFrontTarget(downloads.cdn.distribution)),
    };
    new ARecord(scope, 'CdnRecord', record);
    new AaaaRecord(scope, 'CdnRecordV6', record);
  }
}
