-- Not captured: a customer is gone, with three pages of that week.
delete from analysis_results where customer_id = 4;
delete from customers where id = 4;
