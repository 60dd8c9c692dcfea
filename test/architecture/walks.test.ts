/** The walks of docs/architecture.md stay short: a newcomer opens few files to follow a request. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
const [, section = ''] = page.split('## Two walks through the code\n');
const [, upload = '', download = ''] = (section.split('\n## ')[0] ?? '').split(/\n\n(?=1\. )/);

/** The linked files, in the order of the walk. */
function filesOf(walk: string): readonly string[] {
  return [...walk.matchAll(/^\d+\. \[([^\]]+)\]\(\.\.\/\1\): ./gm)].map(([, file = '']) => file);
}

describe('the walks through the code', () => {
  test.each([
    ['the upload of a file to a disk', upload, 16],
    ['a download link on AWS', download, 12],
  ])('%s takes few files, each of which exists and is named once', (_, walk, most) => {
    const files = filesOf(walk);

    expect(files).toHaveLength(walk.match(/^\d+\. /gm)?.length ?? 0);
    expect(files.length).toBeGreaterThan(5);
    expect(files.length).toBeLessThanOrEqual(most);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(new Set(files).size).toBe(files.length);
  });
});
