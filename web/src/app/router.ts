import { createRouter } from '@tanstack/react-router';
import { Broken, Waiting } from './Outcomes';
import { routes } from './routes';

export const router = createRouter({
  routeTree: routes,
  defaultPendingComponent: Waiting,
  defaultErrorComponent: Broken,
  defaultPreload: 'intent',
  defaultPendingMs: 300,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
