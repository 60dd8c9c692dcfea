/** Runs the doctor on buckets of a real server, set up as well as it allows; each is a column of the page. */
import {
  CreateBucketCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { DoctorReport } from '../../core/doctor/report.ts';
import { isS3Error } from '../../storage/s3/bucket/errors.ts';
import { hasCephRgw, startCephRgw } from '../support/servers/ceph-rgw.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { reportOf, settingsFor } from './doctor-run.ts';

/** Where a browser would come from. */
export const CONSOLE = 'https://console.example.com';

export interface Column {
  readonly heading: string;
  readonly report: DoctorReport;
}

/** By name; undefined where the server is not installed. */
export function servers(): Readonly<Record<string, (() => Promise<S3Server>) | undefined>> {
  const versitygw = findVersitygw();
  return {
    versitygw: versitygw === undefined ? undefined : () => startVersitygw(versitygw),
    'Ceph RGW': hasCephRgw() ? startCephRgw : undefined,
  };
}

/** Two buckets: one as it is made, one that keeps versions. @param name what their names begin with */
export async function measure(server: S3Server, name = 'measured'): Promise<readonly Column[]> {
  const columns: Column[] = [];
  for (const versioned of [false, true]) {
    const bucket = versioned ? `${name}-versions` : name;
    await makeBucket(server, bucket, versioned);
    const report = await reportOf({ ...settingsFor(server, bucket), CORS_ORIGINS: CONSOLE });
    columns.push({ heading: versioned ? `${server.name}, with versions` : server.name, report });
  }
  return columns;
}

/** With rules for browsers and for stale uploads, where the server knows such. */
async function makeBucket(server: S3Server, Bucket: string, versioned = false): Promise<void> {
  const { endpoint, region, credentials } = server;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket }));
  if (versioned) {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  const CORSRules = [
    { AllowedOrigins: [CONSOLE], AllowedMethods: ['PUT', 'GET', 'HEAD'], AllowedHeaders: ['*'] },
  ];
  await whereKnown(
    client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } })),
  );
  const rule = { ID: 'stale', Status: 'Enabled' as const, Filter: { Prefix: '' } };
  const Rules = [{ ...rule, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }];
  const LifecycleConfiguration = { Rules };
  await whereKnown(
    client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration })),
  );
  client.destroy();
}

async function whereKnown(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    // MinIO calls a rule for stale uploads an invalid argument.
    if (!isS3Error(error, 'NotImplemented', 'InvalidArgument', 'MalformedXML')) throw error;
  }
}
