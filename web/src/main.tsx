import '@/design/base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startLanguage } from '@/app/language';
import { queries } from '@/app/queries';
import { router } from '@/app/router';
import { askEarly, behindTheDoor, isOutside, wasInside } from '@/app/session';
import { trustNothing } from '@/app/trusted';

trustNothing();
// Who it is and what they will see are asked for at the same time.
if (!isOutside(location.pathname)) askEarly();
if (wasInside()) void behindTheDoor();
startLanguage();

const place = document.getElementById('root');
if (!place) throw new Error('index.html has no place for the app');
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
