/** Why no cluster could be chosen, or its credentials not be had. */
export type ConfigProblem = 'NotFound' | 'Unreadable' | 'Malformed' | 'NoContext' | 'NoCluster' | 'NoUser' | 'CredentialsFailed';

/** The connection to a cluster is not configured, or not usably. The message says where we looked and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problem: ConfigProblem;

  constructor(problem: ConfigProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
