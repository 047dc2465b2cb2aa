import manifest from '../../package.json' with { type: 'json' };

/** Of the package, without a leading `v`. */
export const OWN_VERSION: string = manifest.version;
