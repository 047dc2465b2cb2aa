/**
 * The layers of src, lowest first: a folder imports only from itself and from those before it.
 * The same order is drawn in docs/decisions.
 */
const LAYERS = ['api', 'kube', 'lock', 'transaction', 'admission', 'policy', 'sources', 'operator', 'cli'];

const layerRules = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `layer-${layer}`,
  severity: 'error',
  comment: `src/${layer} may import only ${['itself', ...LAYERS.slice(0, index).map((name) => `src/${name}`)].join(', ')}. Move the shared part down, or pass it in as an argument.`,
  from: { path: `^src/${layer}/` },
  to: { path: `^src/(${LAYERS.slice(index + 1).join('|')})/` },
}));

/** Allows a package to be imported from one place only. */
function onlyFrom(name, place, packages, instead) {
  return {
    name,
    severity: 'error',
    comment: instead,
    from: { path: '^src/', pathNot: place },
    to: { path: packages.map((one) => `node_modules/${one}/`) },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'known-layer',
      severity: 'error',
      comment: `Every folder of src is a layer with a place in the order (${LAYERS.join(', ')}). Add a new one to LAYERS here.`,
      from: {},
      to: { path: '^src/', pathNot: `^src/(${LAYERS.join('|')})/` },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'Files that import each other cannot be read or tested alone. Move what both need into a third file below them.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment: 'What ships must not need tests, benchmarks or scripts. Move the shared part into src.',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      comment: 'What ships must not need a devDependency. Make it a dependency in package.json, or do without it.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'This import leads nowhere. Correct the path, or install the package.',
      from: {},
      to: { couldNotResolve: true },
    },
    onlyFrom(
      'client-node-loads-config-only',
      '^src/kube/(config|plugin-credentials)',
      ['@kubernetes/client-node'],
      'It opens a TLS connection per request. Load the kubeconfig through src/kube/config.ts and send through KubeClient.',
    ),
    onlyFrom('undici-is-the-transport', '^src/kube/', ['undici'], 'Requests to the API server go through KubeClient (src/kube/client.ts).'),
    onlyFrom(
      'commander-is-for-cli',
      '^src/cli/',
      ['commander'],
      'Flags are read in src/cli only. Take what you need as an options object.',
    ),
    onlyFrom(
      'express-is-for-admission',
      '^src/admission/',
      ['express'],
      'HTTP serving lives in src/admission. Use node:http for a plain endpoint.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
    cache: false,
    reporterOptions: { text: { highlightFocused: true } },
  },
};
