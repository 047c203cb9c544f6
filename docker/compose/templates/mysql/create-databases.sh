#!/bin/bash
# Run by the MySQL image when its volume is empty: a database and a user for each program.
# The image's entrypoint sources a file that may not be executed, and does not stand `set -u`.
set -eo pipefail

create() {
  mysql --protocol=socket -uroot -p"$MYSQL_ROOT_PASSWORD" <<SQL
CREATE DATABASE IF NOT EXISTS \`$1\` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci;
CREATE USER IF NOT EXISTS '$1'@'%' IDENTIFIED BY '$2';
GRANT ALL PRIVILEGES ON \`$1\`.* TO '$1'@'%';
SQL
}

create authlance "$AUTHLANCE_DB_PASSWORD"
create kratos "$KRATOS_DB_PASSWORD"
create hydra "$HYDRA_DB_PASSWORD"
