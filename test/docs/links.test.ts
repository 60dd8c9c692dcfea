/** What the pages point to is there: files, sections, and the facts that docs/security.md names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'AGENTS.md', 'CHANGELOG.md', 'SECURITY.md'].map((name) =>
    join(root, name),
  ),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, 'docs', name)),
];

/** As code hosts make them: https://github.com/gjtorikian/html-pipeline */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('links within the project', () => {
  test.each(pages.map((page) => [relative(root, page), page]))('%s', (_name, page) => {
    const text = readFileSync(page, 'utf8');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

    const broken = targets
      .filter((target) => !/^(https?|mailto):/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        if (!existsSync(file)) return true;
        return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
      });

    expect(broken).toEqual([]);
  });
});

describe('every fact of docs/security.md', () => {
  const text = readFileSync(join(root, 'docs', 'security.md'), 'utf8');
  const facts = [...text.matchAll(/\]\(\.\.\/(test\/[^)]+)\) "([^"]+)"/g)].map(
    ([, file = '', fact = '']) => [file, fact],
  );

  test.each(facts)('%s: %s', (file, fact) => {
    expect(readFileSync(join(root, file), 'utf8')).toContain(fact);
  });

  test('is one of many', () => {
    expect(facts.length).toBeGreaterThan(30);
  });
});
