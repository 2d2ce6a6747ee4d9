module lading.invalid/static-server

go 1.24
