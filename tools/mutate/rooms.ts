/** The rooms that `npm run mutate` changes code in, and the cheap tests that must notice it. */

export interface MutationRoom {
  /** Globs of the product code. */
  readonly code: readonly string[];
  /** Globs of the tests. */
  readonly tests: readonly string[];
}

/** A folder of core/, and its tests: paths that begin with test/, or names below test/core/. */
function core(code: string, ...tests: string[]): MutationRoom {
  return {
    code: [`core/${code}`],
    tests: tests.map((test) => `${test.startsWith('test/') ? '' : 'test/core/'}${test}.test.ts`),
  };
}

/** Where wrong code does the most harm comes first. */
export const MUTATION_ROOMS: Readonly<Record<string, MutationRoom>> = {
  publishing: core(
    'publishing/**/*.ts',
    'verification/*',
    '{pending-bytes,refused-joins,uploads,upload-edges,filenames,two-stores}',
  ),
  access: core(
    'access/**/*.ts',
    '{access,token-limits,failed-tokens,authenticator,administration,revoke-token}',
  ),
  signers: {
    code: [
      'storage/sigv4/**/*.ts',
      'storage/s3/signing/**/*.ts',
      'storage/cdn/cdn-signer.ts',
      'storage/url-signer.ts',
      'storage/signed-requests.ts',
    ],
    tests: [
      'test/storage/s3/{signing,header-signing,node-sha256,presigner}.test.ts',
      'test/storage/cdn/{cdn-signer,rotation-of-links}.test.ts',
      'test/storage/{url-signer,signed-requests}.test.ts',
    ],
  },
  uploads: core(
    'uploads/**/*.ts',
    'verification/*',
    '{uploads,upload-edges,check-names,filenames,sweep,bytes-arrived,refused-joins,same-upload,two-stores,pending-bytes}',
    'test/service/{names,drafts-and-links,addresses}',
  ),
  lifecycle: core(
    'lifecycle/**/*.ts',
    '{verify-store,recall,versions,administration,retained-bytes,sweep,two-stores}',
    'test/service/{drafts-and-links,handlers}',
  ),
  migrate: core('migrate/**/*.ts', 'migrate/*'),
  disk: {
    code: ['storage/disk/**/*.ts'],
    tests: [
      'test/storage/disk-{store,multipart,body,tree,faults,recovery,links,volume,read-into}.test.ts',
    ],
  },
  scrub: core('scrub/**/*.ts', 'scrub/*'),
  'cdn-keys': core('cdn-keys/**/*.ts', 'cdn-keys/*'),
  proof: core('proof/**/*.ts', '{uploads,upload-edges,refused-joins}'),
  'rest-of-core': core('{*,doctor/**/*,reading/**/*,ports/**/*}.ts', '**/*'),
};
