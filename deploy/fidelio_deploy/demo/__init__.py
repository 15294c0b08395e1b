"""`fidelio-demo`: a real purchase history through the real system, and what comes of it."""
