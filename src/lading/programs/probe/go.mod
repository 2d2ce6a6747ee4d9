module lading/probe

go 1.24
