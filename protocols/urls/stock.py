"""Addresses of the stock: the shelf, its lots, their movements."""

from django.urls import path

from protocols.views import stock

urlpatterns = [
    path("stock/", stock.stock, name="stock"),
    path("stock/receive/", stock.receive, name="receive_stock"),
    path("stock/products/add/", stock.add_product, name="add_product"),
    path("stock/lots/<int:pk>/", stock.lot, name="stock_lot"),
    *(
        path(
            f"stock/lots/<int:pk>/{verb}/",
            stock.act_on_lot,
            {"verb": verb},
            name=f"{verb.replace('-', '_')}_stock",
        )
        for verb in stock.VERBS
    ),
    path("stock/movements/<int:pk>/correct/", stock.correct, name="correct_stock"),
]
