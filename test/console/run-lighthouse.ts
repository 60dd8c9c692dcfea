/**
 * `npm run lighthouse`: measures the console and a release page with Lighthouse (mobile preset, throttled, on
 * loopback), prints the figures and the sizes, and exits with 1 where one is worse than the budget. Installs
 * Lighthouse into the cache folder at the first run; needs Chromium.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createUploader } from '../../client/public/client.ts';
import { lighthouse, lighthouseProgram } from '../../tools/servers/lighthouse.ts';
import { provide } from '../../tools/servers/provide.ts';
import { textTable } from '../support/text-table.ts';
import { buildConsole, CHROMIUM, Desk } from './browser.ts';

const BUILT = join(import.meta.dirname, '..', '..', 'web', 'console', 'built');
const LEAST = { performance: 95, accessibility: 100, 'best-practices': 100 } as const;
type Category = keyof typeof LEAST;
const CATEGORIES = Object.keys(LEAST) as Category[];
/** Release of Lighthouse's answer; only what is read here. */
interface Report {
  readonly categories: Readonly<Record<Category, { readonly score: number | null }>>;
  readonly audits: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly title: string;
        readonly score: number | null;
        readonly displayValue?: string;
      }
    >
  >;
}
const SHOWN = [
  'first-contentful-paint',
  'largest-contentful-paint',
  'total-blocking-time',
  'cumulative-layout-shift',
  'total-byte-weight',
] as const;

async function measure(url: string): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-lighthouse-'));
  const output = join(folder, 'report.json');
  const words = [
    lighthouseProgram(),
    url,
    '--quiet',
    '--no-enable-error-reporting',
    '--output=json',
    `--output-path=${output}`,
    `--only-categories=${CATEGORIES.join(',')}`,
    '--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking',
  ];
  try {
    const env = { ...process.env, CHROME_PATH: CHROMIUM };
    await promisify(execFile)(process.execPath, words, { env });
    return JSON.parse(readFileSync(output, 'utf8')) as Report;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const score = ({ categories }: Report, category: Category) =>
  Math.round((categories[category].score ?? 0) * 100);

/** What is not perfect, of the categories that ask for it. */
function faults({ audits }: Report): readonly string[] {
  return Object.values(audits)
    .filter((audit) => audit.score !== null && audit.score < 0.9)
    .map(({ id, title, displayValue = '' }) => `  ${id}: ${title} ${displayValue}`);
}

if (CHROMIUM === undefined) throw new Error('Chromium is missing: npm run servers -- Chromium');
if (!(await provide([lighthouse], console.log))) process.exit(1);
buildConsole();
const desk = await Desk.open({ PUBLIC_DOWNLOADS: 'true' });
let isGood = true;
try {
  const uploader = createUploader({ url: desk.server.url, getToken: () => desk.token });
  const file = new File(['x'], 'app-linux-x64.tar.gz');
  await uploader.add({ file, versionId: '1.0.0', os: 'linux', arch: 'x64' }).done;
  const rows: string[][] = [];
  for (const path of ['/console/', '/packages/1.0.0']) {
    const report = await measure(`${desk.server.url}${path}`);
    rows.push([
      path,
      ...CATEGORIES.map((category) => String(score(report, category))),
      ...SHOWN.map((id) => report.audits[id]?.displayValue ?? ''),
    ]);
    if (CATEGORIES.every((category) => score(report, category) >= LEAST[category])) continue;
    isGood = false;
    console.error([`${path} is worse than the budget:`, ...faults(report)].join('\n'));
  }
  console.log(textTable([['PAGE', ...CATEGORIES, ...SHOWN], ...rows]).join('\n'));
  const page = await fetch(`${desk.server.url}/packages/1.0.0`, {
    headers: { accept: 'text/html' },
  });
  console.log(`least: ${CATEGORIES.map((one) => `${one} ${LEAST[one]}`).join(', ')}`);
  console.log(
    `JavaScript of the console, gzipped, without the worker: ${scriptBytes()} bytes (at most 90000)`,
  );
  console.log(`release page: ${(await page.arrayBuffer()).byteLength} bytes (at most 15000)`);
} finally {
  await desk.close();
}
process.exitCode = isGood ? 0 : 1;

function scriptBytes(): number {
  return readdirSync(BUILT)
    .filter((name) => name.endsWith('.js') && !name.startsWith('hash-worker'))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(BUILT, name))).length, 0);
}
