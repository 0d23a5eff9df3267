"""Language models trained on the platform's own text. The only stage that needs torch (extra ``train``)."""
