import manifest from '../../package.json' with { type: 'json' };

/** Of the package, without a leading `v`. */
export const VERSION: string = manifest.version;
