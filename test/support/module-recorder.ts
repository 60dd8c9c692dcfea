/** What a process of Node has loaded, as it writes it down when it ends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface LoadedModules {
  /** URLs of files, in the order in which they were loaded. */
  readonly files: readonly string[];
  readonly ofNode: readonly string[];
}

const RECORDER = `
  import { writeFileSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  const files = [];
  registerHooks({
    load: (url, context, next) => {
      if (url.startsWith('file:')) files.push(url);
      return next(url, context);
    },
  });
  process.on('exit', () => {
    const ofNode = process.moduleLoadList;
    writeFileSync(process.env.RECORD, JSON.stringify({ files, ofNode }));
  });`;

export interface ModuleRecorder {
  /** For the process to record. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the process that ended last. */
  read(): LoadedModules;
}

/** @param folder where the recorder and what it writes are kept */
export function recordModules(folder: string): ModuleRecorder {
  const program = join(folder, 'recorder.mjs');
  const record = join(folder, 'record.json');
  writeFileSync(program, RECORDER);
  return {
    env: { NODE_OPTIONS: `--import ${pathToFileURL(program).href}`, RECORD: record },
    read: () => JSON.parse(readFileSync(record, 'utf8')) as LoadedModules,
  };
}
