/** A Stowage server under measurement, with a token and, where asked, packages to hand out. */
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { type Measured, startMeasured, temporaryFolder } from './processes.ts';

/** 256 random bits, as in every token; new for each run. */
const TOKEN = `stw_benchbench_${randomBytes(32).toString('base64url')}`;

export interface BenchServer extends Measured {
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** Starts the server as a user would, over an empty folder. */
export async function startStowage(
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<BenchServer> {
  const folder = temporaryFolder();
  const server = await startMeasured(['bin/stowage.js', 'serve', ...flags], {
    STORAGE_LOCAL_PATH: folder.path,
    ADMIN_TOKEN: TOKEN,
    PORT: '0',
    ...env,
  });
  const stop = async () => {
    await server.stop();
    folder.remove();
  };
  return {
    ...server,
    stop,
    token: TOKEN,
    headers: { authorization: `Bearer ${TOKEN}` },
    folder: folder.path,
  };
}

/** One request, with its whole answer. */
export async function call(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: Uint8Array | string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(url, { method, headers: { ...headers, ...length } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Announces a package. @returns the answer of create */
export async function create(
  server: BenchServer,
  packageId: string,
  body: { readonly size: number; readonly sha256: string; readonly [field: string]: unknown },
  versionId = 'bench',
): Promise<{
  readonly upload: {
    readonly request: { url: string; headers: Record<string, string> };
    readonly parts: readonly {
      size: number;
      request: { url: string; headers: Record<string, string> };
    }[];
  };
}> {
  const headers = { ...server.headers, 'content-type': 'application/json' };
  const json = JSON.stringify({ packageId, ext: 'bin', ...body });
  const url = `${server.url}/v1/versions/${versionId}/packages`;
  const answer = await call(url, 'POST', headers, json);
  if (answer.status !== 201) throw new Error(`create answered ${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text);
}

/** Completes an upload and waits until it is available. */
export async function complete(
  server: BenchServer,
  packageId: string,
  versionId = 'bench',
): Promise<void> {
  for (;;) {
    const url = `${server.url}/v1/versions/${versionId}/packages/${packageId}/complete`;
    const answer = await call(url, 'POST', server.headers);
    if (answer.status === 200) return;
    if (answer.status !== 202)
      throw new Error(`complete answered ${answer.status}: ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Publishes a small package. */
export async function publish(
  server: BenchServer,
  packageId: string,
  bytes: Uint8Array,
  versionId = 'bench',
  filename = `${packageId}.bin`,
): Promise<void> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { upload } = await create(
    server,
    packageId,
    { size: bytes.length, sha256, filename },
    versionId,
  );
  const put = await call(upload.request.url, 'PUT', upload.request.headers, bytes);
  if (put.status !== 200) throw new Error(`PUT answered ${put.status}: ${put.text}`);
  await complete(server, packageId, versionId);
}
