/** The CLI, the client and the server of release 8542cd9 work with those of this checkout. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { CHECKOUT, type Release, unpackRelease } from './release.ts';
import { describePrograms } from './scenario.ts';

describe('release 8542cd9', () => {
  let release: Release;

  beforeAll(async () => {
    release = await unpackRelease();
  });

  afterAll(() => release.remove());

  describePrograms('its CLI and its client, with the server of this checkout', () => ({
    client: release,
    server: CHECKOUT,
  }));
  describePrograms('its server, with the CLI and the client of this checkout', () => ({
    client: CHECKOUT,
    server: release,
  }));
});
