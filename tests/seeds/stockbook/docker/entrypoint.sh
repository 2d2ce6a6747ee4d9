#!/bin/sh

echo "Starting StockBook..."

if [ -n "$DATABASE_URL" ]; then
    echo "Waiting for database..."
    while ! pg_isready -h ${DATABASE_HOST:-db} -p ${DATABASE_PORT:-5432}; do
        sleep 1
    done
    echo "Database is ready!"

    echo "Running database migrations..."
    alembic upgrade head
fi

exec "$@"
