/** Turns the settings that people wrote for a stage into complete, valid ones, or lists every fault. */
import { domainFaults, faultsAmong, faultsOf, type StageFault } from './stage-rules.ts';
import type { StageInput, StageSettings } from './stage-settings.ts';

const DEFAULTS: Omit<StageSettings, 'name'> = {
  downloads: 'cdn',
  priceClass: '100',
  publicDownloads: false,
  corsOrigins: [],
  linkTtlSeconds: 300,
  uploadTtlSeconds: 900,
  uploadRetentionSeconds: 604_800,
  maxPackageBytes: 50 * 10 ** 9,
  auditRetentionDays: 400,
  throttles: {
    download: { ratePerSecond: 1000, burst: 2000 },
    others: { ratePerSecond: 100, burst: 200 },
  },
  reservedConcurrency: {},
  verificationConcurrency: 5,
  retainState: true,
  deletionProtection: false,
  oldVersionDays: 30,
  logRetentionDays: 30,
  logLevel: 'info',
  tracing: 'not-downloads',
  events: false,
  console: true,
  cdnKeyOverlapSeconds: 3600,
  cdnKeyRotationDays: 90,
};

/** The choices of the command line. */
export interface StageChoice {
  /** `-c stage=prod`. @default dev */
  readonly stage?: unknown;
  /** `-c settings='{"linkTtlSeconds":60}'`: JSON that is laid over the stage. @default nothing */
  readonly settings?: unknown;
  /** PRESIGNED_URLS of the environment or of the context; only true is accepted. @default true */
  readonly presignedUrls?: unknown;
}

/** @throws Error that lists every fault: the setting, what was got, what is allowed */
export function readStage(
  stages: Readonly<Record<string, StageInput>>,
  choice: StageChoice = {},
): StageSettings {
  const { stage: name = 'dev', settings, presignedUrls } = choice;
  const stage = Object.entries(stages).find(([known]) => known === name);
  if (stage === undefined) {
    throw new Error(
      `stage: got ${JSON.stringify(name)}, allowed: ${Object.keys(stages).join(', ')} (lib/stages.ts)`,
    );
  }
  const [, input] = stage;
  const { laid, faults: unreadable } = readOverlay(settings);
  const asked = presignedUrls === undefined ? {} : { presignedUrls: asFlag(presignedUrls) };
  const written: Readonly<Record<string, unknown>> = { ...input, ...laid, ...asked };
  const faults = [...unreadable, ...faultsOf({ name, ...written })];
  const complete = completeSettings(String(name), written);
  // Rules that involve several settings are checked only when each single value is right.
  if (faults.length === 0)
    faults.push(
      ...domainFaults('api', complete),
      ...domainFaults('cdn', complete),
      ...faultsAmong(complete),
    );
  if (faults.length === 0) return complete;
  throw new Error(`the settings of stage ${name} are wrong:\n${faults.join('\n')}`);
}

/** Lays what was written over the defaults. @param written holds no faults */
export function completeSettings(
  name: string,
  written: Readonly<Record<string, unknown>>,
): StageSettings {
  const { presignedUrls: _signed, throttles, ...rest } = written as StageInput;
  return { ...DEFAULTS, ...rest, throttles: { ...DEFAULTS.throttles, ...throttles }, name };
}

/** The context gives text, cdk.json may give an object. */
function readOverlay(settings: unknown): {
  readonly laid: object;
  readonly faults: readonly StageFault[];
} {
  const parsed = typeof settings === 'string' ? parseJson(settings) : (settings ?? {});
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return { laid: parsed, faults: [] };
  return {
    laid: {},
    faults: [`settings: got ${String(settings)}, allowed: a JSON object of settings`],
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asFlag(value: unknown): unknown {
  return value === 'true' ? true : value === 'false' ? false : value;
}
