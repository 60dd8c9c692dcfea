/** Draws the rooms from the imports of the sources, so the drawing shows what exists, not what was planned. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { importsOf, ROOMS } from '../architecture/arrows.ts';
import { type Arrow, flowchart } from './mermaid.ts';

interface Crossing {
  readonly from: string;
  readonly to: string;
  /** File that is imported. */
  readonly file: string;
  readonly typeOnly: boolean;
}

/** @param root of the checkout */
export function drawRooms(root: string): string {
  const crossings = crossingsIn(root);
  const rooms = [...new Set(crossings.flatMap(({ from, to }) => [from, to]))];
  const pairs = Map.groupBy(crossings, ({ from, to }) => `${from} ${to}`);
  return flowchart(
    'TD',
    rooms.map((room) => ({
      id: room,
      label: room.endsWith('.ts') ? room : `${room}/`,
      shape: 'box' as const,
    })),
    [...pairs.values()].map(arrowOf),
  );
}

/** One arrow for all crossings between two rooms. It names the file where there is but one. */
function arrowOf(crossings: readonly Crossing[]): Arrow {
  const [first] = crossings;
  if (first === undefined) throw new Error('there is no arrow without a crossing');
  const files = new Set(crossings.map(({ file }) => file));
  const broken = crossings.every(({ typeOnly }) => typeOnly);
  const label = files.size === 1 && !ROOMS[first.file] ? posix.basename(first.file) : undefined;
  return { from: first.from, to: first.to, broken, ...(label === undefined ? {} : { label }) };
}

function crossingsIn(root: string): readonly Crossing[] {
  const tops = Object.keys(ROOMS).filter((room) => !room.includes('/'));
  return tops.flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .flatMap((file) => crossingsOf(root, posix.join(top, file.replaceAll('\\', '/')))),
  );
}

function crossingsOf(root: string, source: string): readonly Crossing[] {
  return importsOf(readFileSync(join(root, source), 'utf8'), source.endsWith('.tsx'))
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, typeOnly }) => {
      const file = posix.join(dirname(source), specifier);
      return { from: roomOf(source), to: roomOf(file), file, typeOnly };
    })
    .filter(({ from, to }) => from !== to);
}

/** The narrowest room that holds the file: some folders and files have rights of their own. */
function roomOf(file: string): string {
  const narrow = [file, dirname(file)].find((place) => ROOMS[place] !== undefined);
  return narrow ?? file.split('/')[0] ?? file;
}
