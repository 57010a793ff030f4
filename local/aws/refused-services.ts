import type { LocalService } from './local-service.ts';
import { startLocalService } from './local-service.ts';

/**
 * Starts the endpoint that every AWS service without a local counterpart points to: it answers 501 and says so, where
 * a call would otherwise leave this machine.
 */
export function startRefusedServices(onRefused: (message: string) => void): Promise<LocalService> {
  return startLocalService(
    (request) => {
      const target = request.headers['x-amz-target'] ?? `${request.method} request`;
      const message = `${target}: this AWS service is not served locally`;
      onRefused(message);
      return {
        statusCode: 501,
        headers: { 'Content-Type': 'application/json', 'x-amzn-errortype': 'NotServedLocally' },
        body: JSON.stringify({ __type: 'NotServedLocally', message }),
      };
    },
    (error) => {
      onRefused(String(error));
    },
  );
}
