/** The rooms that `npm run mutate` changes code in, and the cheap tests that must notice it. */

export interface MutationRoom {
  /** Globs of the product code. */
  readonly code: readonly string[];
  /** Globs of the tests. */
  readonly tests: readonly string[];
}

const CORE_TESTS = ['test/core/**/*.test.ts'];

function core(...paths: string[]): MutationRoom {
  return { code: paths.map((path) => `core/${path}`), tests: CORE_TESTS };
}

/** Where wrong code does the most harm comes first. */
export const MUTATION_ROOMS: Readonly<Record<string, MutationRoom>> = {
  publishing: core('publishing/**/*.ts'),
  uploads: core('uploads/**/*.ts'),
  access: core('access/**/*.ts'),
  lifecycle: core('lifecycle/**/*.ts'),
  migrate: core('migrate/**/*.ts'),
  signers: {
    code: [
      'storage/sigv4/**/*.ts',
      'storage/s3/signing/**/*.ts',
      'storage/cdn/cdn-signer.ts',
      'storage/url-signer.ts',
      'storage/signed-requests.ts',
    ],
    tests: [
      'test/storage/s3/{signing,node-sha256,presigner}.test.ts',
      'test/storage/cdn/{cdn-signer,rotation-of-links}.test.ts',
      'test/storage/{url-signer,signed-requests}.test.ts',
    ],
  },
  disk: {
    code: ['storage/disk/**/*.ts'],
    tests: ['test/storage/disk-*.test.ts', '!**/disk-case.test.ts'],
  },
  scrub: core('scrub/**/*.ts'),
  'cdn-keys': core('cdn-keys/**/*.ts'),
  'rest-of-core': core(
    '*.ts',
    'doctor/**/*.ts',
    'reading/**/*.ts',
    'proof/**/*.ts',
    'ports/**/*.ts',
  ),
};
