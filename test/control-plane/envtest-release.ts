/** An archive of the envtest release: its name, and the SHA-512 of its content in hex. */
export interface EnvtestArchive {
  readonly file: string;
  readonly sha512: string;
}

/** The release the archives belong to. */
export const ENVTEST_RELEASE = 'envtest-v1.35.0';

/** Where releases are published; `JANUS_ENVTEST_BASE_URL` names a mirror that is laid out the same way. */
export const ENVTEST_BASE_URL = 'https://github.com/kubernetes-sigs/controller-tools/releases/download';

/** By platform; the sums are those of `envtest-releases.yaml` in kubernetes-sigs/controller-tools. */
export const ENVTEST_ARCHIVES: Readonly<Record<string, EnvtestArchive>> = {
  'darwin-amd64': {
    file: 'envtest-v1.35.0-darwin-amd64.tar.gz',
    sha512:
      'fccc583ba6d322c88a8c56f7876090a7ad63460046a4bcae414093b23ce68a75f172ca7484b7c7475b707657eca5108a8ad3fd85e1b4f70a6c99ca2f22dbd6b2',
  },
  'darwin-arm64': {
    file: 'envtest-v1.35.0-darwin-arm64.tar.gz',
    sha512:
      'bb5d0bb3975956331b0aa0c039955b4c4dc6c5c288e5af369364c7d2fbeac11a025227dabb127569080b259dd29b697cc77fa77abd27ae26721ddb23e8ee0613',
  },
  'linux-amd64': {
    file: 'envtest-v1.35.0-linux-amd64.tar.gz',
    sha512:
      '130369c16f076e724d089189afaede960316f5f5dea6cf57be7a4fc6f09c77342893192509790e4056e116e232dff832ed863f5bd55dcb55d38f3ab834828a11',
  },
  'linux-arm64': {
    file: 'envtest-v1.35.0-linux-arm64.tar.gz',
    sha512:
      'e53e2b88398f5b9503e3f074d82a2dcb090c708b34940848607ce658138a5d4a25962e042ab683ccc026a8a6c90c0be7f658e42dde0887369d73c3b68e2fc86c',
  },
};
