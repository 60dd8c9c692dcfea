/** What users copy a tree into a bucket with, ours among them, as they would call it. */
import { join } from 'node:path';
import { findBinary } from '../../servers/binaries.ts';
import type { BenchBucket } from '../measure/versitygw-bucket.ts';

export type ToolName = 'ours' | 'aws s3 sync' | 's5cmd sync' | 'rclone --checksum';

export interface Tool {
  readonly name: ToolName;
  /** Copies `tree` under a prefix of its own, which it can be given again. @param state an empty folder for what it remembers */
  command(tree: string, bucket: BenchBucket, state: string): readonly string[];
  readonly env: (bucket: BenchBucket) => Readonly<Record<string, string>>;
}

const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'stowage.js');

/** Those that are installed. */
export function installedTools(): readonly Tool[] {
  const [aws, s5cmd, rclone] = ['aws', 's5cmd', 'rclone'].map((name) => findBinary(name));
  const tools: Tool[] = [ours];
  if (aws !== undefined) {
    tools.push({
      name: 'aws s3 sync',
      env: awsEnvironment,
      command: (tree, { name, server }) => [
        ...[aws, 's3', 'sync', '--only-show-errors', '--endpoint-url', server.endpoint],
        ...[tree, `s3://${name}/aws`],
      ],
    });
  }
  if (s5cmd !== undefined) {
    tools.push({
      name: 's5cmd sync',
      env: awsEnvironment,
      command: (tree, { name, server }) => [
        ...[s5cmd, '--log', 'error', '--endpoint-url', server.endpoint, 'sync'],
        ...[`${tree}/`, `s3://${name}/s5cmd/`],
      ],
    });
  }
  if (rclone !== undefined) {
    tools.push({
      name: 'rclone --checksum',
      // It stops where the variable names a file; the server speaks no TLS anyway.
      env: (bucket) => ({ ...awsEnvironment(bucket), AWS_CA_BUNDLE: '' }),
      command: (tree, { name, server }) => [
        ...[rclone, 'sync', '--checksum', '--s3-provider', 'Other', '--s3-env-auth'],
        ...['--s3-endpoint', server.endpoint, tree, `:s3:${name}/rclone`],
      ],
    });
  }
  return tools;
}

const ours: Tool = {
  name: 'ours',
  env: ({ server }) => ({
    S3_ACCESS_KEY: server.credentials.accessKeyId,
    S3_SECRET_KEY: server.credentials.secretAccessKey,
  }),
  command: (tree, { name, server }, state) => [
    ...[process.execPath, launcher, 'migrate', '--from', tree, '--to', `s3://${name}/ours`],
    ...['--endpoint', server.endpoint, '--journal', join(state, 'journal.db')],
  ],
};

function awsEnvironment({ server }: BenchBucket): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    AWS_REGION: server.region,
    RCLONE_S3_REGION: server.region,
  };
}
