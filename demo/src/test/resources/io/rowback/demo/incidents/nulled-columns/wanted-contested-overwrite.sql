-- Both texts are back everywhere, and the deleted page as it was right before the mistake.
insert into analysis_results select * from truth.analysis_results where id = 140;
update analysis_results a set training_plan = t.training_plan, diagnosis = t.diagnosis
  from truth.analysis_results t where t.id = a.id;
