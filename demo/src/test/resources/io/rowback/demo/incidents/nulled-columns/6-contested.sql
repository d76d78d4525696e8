-- Life that gets in the way: a plan written anew, a page deleted, a diagnosis put back by hand, a page given to another customer.
update analysis_results set training_plan = 'Mine' where id = 139;
delete from analysis_results where id = 140;
update analysis_results a set diagnosis = t.diagnosis from truth.analysis_results t where t.id = a.id and a.id = 141;
update analysis_results set customer_id = 40 where id = 142;
