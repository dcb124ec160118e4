import { createRequire } from 'node:module';

const found: unknown = createRequire(import.meta.url)('../../package.json');

/** The version in package.json. */
export const VERSION =
  typeof found === 'object' && found !== null && 'version' in found
    ? String(found.version)
    : 'unknown';
