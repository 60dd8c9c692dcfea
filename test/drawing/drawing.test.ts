/** The drawings of docs/architecture.md are what the sources say today. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { flowchart } from './mermaid.ts';
import { drawings, withDrawings } from './page.ts';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
const drawn = drawings(root);

describe('the drawings of docs/architecture.md', () => {
  test('are what `npm run drawing` makes of the sources', () => {
    expect(page).toBe(withDrawings(page, drawn));
  });

  test.each([
    ['rooms', 'n_storage --> n_core'],
    ['rooms', 'n_lib -->|routes.ts| n_api'],
    ['requests', 'n_Api --> n_Download'],
    ['requests', 'n_DownloadsCdnDistribution -.->|get| n_Replica'],
    ['upkeep', 'n_UpkeepArrivals --> n_UpkeepObjectCreated'],
    ['upkeep', 'n_UpkeepVerification -.-> n_UpkeepVerificationDeadLetters'],
  ])('%s: %s', (name, arrow) => {
    expect(drawn[name]?.split('\n')).toContain(`  ${arrow}`);
  });

  test('a page without a place for one of them is refused', () => {
    expect(() => withDrawings('# Architecture', drawn)).toThrow('no place for the drawing rooms');
  });
});

describe('a flowchart', () => {
  test('is the same text whatever the order in which its nodes and arrows come', () => {
    const nodes = [
      { id: 'b/two', label: 'b "two"', shape: 'store' },
      { id: 'a', label: 'a', shape: 'box' },
    ] as const;
    const arrows = [
      { from: 'b/two', to: 'a', broken: true },
      { from: 'a', to: 'b/two', label: 'read' },
    ] as const;

    expect(flowchart('LR', nodes, arrows)).toBe(
      flowchart('LR', nodes.toReversed(), arrows.toReversed()),
    );
    expect(flowchart('LR', nodes, arrows)).toBe(
      [
        'flowchart LR',
        '  n_a["a"]',
        '  n_b_two[("b #quot;two#quot;")]',
        '  n_a -->|read| n_b_two',
        '  n_b_two -.-> n_a',
      ].join('\n'),
    );
  });
});
