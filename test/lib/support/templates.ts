/**
 * Templates of stages for all suites: the first suite that needs one synthesises it. They are kept
 * in a temporary folder per state of the sources.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import type { StageInput } from '../../../lib/stage/stage-settings.ts';
import { keptFolder } from '../../support/kept-folder.ts';
import type { StageCase } from './every-stage.ts';
import { withStage } from './with-stage.ts';

export interface StageTemplates {
  readonly service: Template;
  readonly replica?: Template;
}

/** Everything that a template may depend on. */
const SOURCES = [
  ...['api', 'core', 'lambda', 'lib', 'open', 'service', 'storage', 'test/lib/support'],
  ...['cdk.json', 'package-lock.json'],
];

const folder = keptFolder(join(tmpdir(), 'stowage-test-templates'), SOURCES);
const read = new Map<string, StageTemplates>();

export function templatesOf(stage: StageCase): StageTemplates {
  const file = join(folder, fileOf(stage));
  const templates = read.get(file) ?? readTemplates(file) ?? writeTemplates(file, stage);
  read.set(file, templates);
  return templates;
}

/** The service of a stage with these settings. */
export function templateOf(input: StageInput = {}): Template {
  return templatesOf({ name: 'test', region: 'eu-central-1', input }).service;
}

function readTemplates(file: string): StageTemplates | undefined {
  if (!existsSync(file)) return undefined;
  const { service, replica } = JSON.parse(readFileSync(file, 'utf8'));
  return {
    service: Template.fromJSON(service),
    ...(replica && { replica: Template.fromJSON(replica) }),
  };
}

function writeTemplates(file: string, stage: StageCase): StageTemplates {
  const templates = withStage(stage, (_app, { service, replica }) => ({
    service: Template.fromStack(service),
    ...(replica && { replica: Template.fromStack(replica) }),
  }));
  const { service, replica } = templates;
  // Other workers may read the file at any time, so it appears whole.
  const text = JSON.stringify({ service: service.toJSON(), replica: replica?.toJSON() });
  // Someone may clear the temporary folder meanwhile.
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
  return templates;
}

function fileOf(stage: StageCase): string {
  return `${createHash('sha256').update(JSON.stringify(stage)).digest('hex')}.json`;
}
