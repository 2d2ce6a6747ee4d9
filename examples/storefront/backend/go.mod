module storefront.example/backend

go 1.26
