"""Visitors for the load test: tabs over Streamlit's own protocol, their habits, and what is noted of them."""
