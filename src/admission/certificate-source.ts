import type { ServingCertificate } from './certificates.ts';

/** What the server shows, and what clients must trust for it. */
export interface CertificateBundle {
  readonly serving: ServingCertificate;
  /** PEM of every authority to trust; absent where whoever made the certificate did not say. */
  readonly authorities?: string;
}

/** Where certificates come from. */
export interface CertificateSource {
  current(): CertificateBundle;
  /** Calls `listener` after each change of what is served; never for the present one. */
  onChange(listener: (bundle: CertificateBundle) => void): void;
  stop(): void;
}
