import tseslint from 'typescript-eslint';

/** Imports that have a better place, each with what to use instead. */
const BETTER_IMPORTS = {
  paths: [
    { name: 'node-fetch', message: 'Send requests to the API server through KubeClient.' },
    { name: 'axios', message: 'Send requests to the API server through KubeClient.' },
    { name: 'node:test', message: 'Tests are written with vitest.' },
    { name: 'js-yaml', message: "Use 'yaml': it knows positions and refuses alias bombs." },
    { name: 'fs', message: "Use 'node:fs'." },
    { name: 'path', message: "Use 'node:path'." },
    { name: 'child_process', message: "Use 'node:child_process'." },
    { name: 'crypto', message: "Use 'node:crypto'." },
  ],
  patterns: [{ regex: '^\\.{1,2}/.*\\.js$', message: 'Import the .ts file: it is what runs.' }],
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'bench/results/', 'test/control-plane/go/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // `_name` marks an argument that a signature forces on us.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      // `throw outcome.reason` passes on what somebody else threw.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      // `(event) => void handle(event)` says that nobody waits, whatever handle returns today.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // A third of the run between them, and nothing that these can find here: no enums, hardly a class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // A type parameter that is named once still tells the reader what comes back (`get<Transaction>`).
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      complexity: ['error', 15],
      eqeqeq: 'error',
      'max-depth': ['error', 4],
      'max-lines': ['warn', { max: 200, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': ['error', BETTER_IMPORTS],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name: the same word then finds a thing everywhere.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    rules: {
      // What a test takes for granted fails loudly by itself when it is not so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      complexity: 'off',
      // What beforeAll should have set is not there when beforeAll has failed.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // The objects that tests are given are made of closures; none of them uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.cjs', 'bin/janus', 'bin/kubectl-janus'],
    extends: [tseslint.configs.base],
    rules: { eqeqeq: 'error', 'no-undef': 'off' },
  },
);
